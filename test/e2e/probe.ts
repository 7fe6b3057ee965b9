/** Asks all the time, on connections that stay open, and forgives nothing: what the visitors of an app would have seen. */
export class Probe {
  asked = 0
  readonly failures: string[] = []
  /** Distinct answers, in the order in which they were first seen. */
  readonly answers: string[] = []
  private isEnding = false
  private readonly loops: Promise<void>[] = []

  constructor(url: string, lanes = 3, pauseMs = 15) {
    for (let lane = 0; lane < lanes; lane++) this.loops.push(this.loop(url, pauseMs))
  }

  private async loop(url: string, pauseMs: number): Promise<void> {
    while (!this.isEnding) {
      this.asked += 1
      try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(35_000) })
        const text = await answer.text()
        if (answer.status !== 200) this.failures.push(`${new Date().toISOString()} ${answer.status} ${text.slice(0, 120)}`)
        else if (!this.answers.includes(text)) this.answers.push(text)
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
        this.failures.push(`${new Date().toISOString()} ${error}${cause}`)
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  async stop(): Promise<this> {
    this.isEnding = true
    await Promise.all(this.loops)
    return this
  }
}
