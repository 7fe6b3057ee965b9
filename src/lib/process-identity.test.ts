import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { identify, isAlive } from './process-identity.ts'

test('a living process is itself, and nobody else with its number', async () => {
  const me = identify(process.pid)
  expect(me && isAlive(me)).toBe(true)
  expect(me && isAlive({ ...me, startTime: '1' })).toBe(false)
  expect(me && isAlive({ ...me, bootId: 'another boot' })).toBe(false)
})

test('a process that ended is gone, also while nobody has waited for it', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [line] = await once(parent.stdout, 'data')
    const child = Number(String(line).trim())
    // `sleep 600` took the shell's place and never waits: its child stays a zombie.
    while (identify(child)) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(identify(child)).toBeUndefined()
  } finally {
    parent.kill('SIGKILL')
  }
  await once(parent, 'exit')
  expect(identify(parent.pid ?? 0)).toBeUndefined()
})
