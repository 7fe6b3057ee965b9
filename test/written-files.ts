import { exportApp } from '../src/ops/export.ts'

/** What a target writes for the app in a folder: texts by path. For tests of targets, which may not reach an op themselves. */
export async function writtenFiles(
  folder: string,
  target: string,
  options: Record<string, string> = {},
): Promise<Record<string, string>> {
  const { files } = await exportApp({ folder, target, options, today: '2026-11-21' })
  return Object.fromEntries(Object.entries(files).map(([name, { text }]) => [name, text]))
}
