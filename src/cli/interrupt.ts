/**
 * Ctrl-C: once runs `onFirst` (a note about what goes on without us) and ends with 130; a second one while that lasts ends at
 * once. Comes back with what undoes it.
 */
export function onInterrupt(onFirst: () => void): () => void {
  const handler = () => {
    handlers.delete(handler)
    onFirst()
    process.exit(130)
  }
  handlers.add(handler)
  return () => handlers.delete(handler)
}

const handlers = new Set<() => void>()
let count = 0

export function listenToInterrupts(): void {
  // Through `exit`, so that whoever hid the cursor brings it back.
  process.on('SIGTERM', () => process.exit(143))
  process.on('SIGHUP', () => process.exit(129))
  process.on('SIGINT', () => {
    count += 1
    if (count > 1 || handlers.size === 0) process.exit(130)
    for (const handler of [...handlers]) handler()
  })
}
