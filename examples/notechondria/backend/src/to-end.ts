/** A program that does one thing: what goes wrong is one line, and 2. */
export async function toEnd(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 2
  }
}
