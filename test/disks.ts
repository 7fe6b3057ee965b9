import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { needs } from './capabilities.ts'

// Disks that are small, full or read-only: real ones, mounted where the tests run as root.

/** Puts a small disk there. */
export function mountSmall(folder: string, sizeMiB: number): { folder: string; unmount(): void } {
  mkdirSync(folder, { recursive: true })
  run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755`, 'landfall-test', folder])
  return { folder, unmount: () => run('umount', ['-l', folder]) }
}

/** Writes until nothing more fits; the file that has to go for there to be room again. */
export function fillUp(folder: string): string {
  const path = join(folder, 'filler')
  const file = openSync(path, 'w')
  for (const size of [64 * 1024, 4096, 512]) {
    const block = Buffer.alloc(size, 'x')
    for (;;) {
      try {
        writeSync(file, block)
      } catch {
        break // ENOSPC
      }
    }
  }
  closeSync(file)
  return path
}

/** For tests that need `readOnly`: root has to be able to mount, others need nothing. */
export const testReadOnly = process.getuid?.() === 0 ? needs('mounts').test : test

/** Nothing can be written below the folder until the answer is called: a mount for root, rights for others. */
export function readOnly(folder: string): () => void {
  if (process.getuid?.() !== 0) {
    const { mode } = statSync(folder)
    chmodSync(folder, 0o555)
    return () => chmodSync(folder, mode)
  }
  run('mount', ['--bind', folder, folder])
  run('mount', ['-o', 'remount,bind,ro', folder])
  return () => run('umount', ['-l', folder])
}

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}
