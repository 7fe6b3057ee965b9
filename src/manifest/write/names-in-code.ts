import type { SourceFiles } from '../../model/plug.ts'
import { sourceTexts } from './source-texts.ts'

const READS = [
  /\b(?:process\.|import\.meta\.)?env(?:\.([A-Z][A-Z0-9_]+)|\[\s*["'`]([A-Z][A-Z0-9_]+)["'`]\s*\])/g,
  /\bos\.(?:environ(?:\.get\(|\[)|getenv\()\s*["']([A-Z][A-Z0-9_]+)["']/g,
  /\b(?:Deno\.env\.get|Bun\.env\.|env|config)\(\s*["']([A-Z][A-Z0-9_]+)["']/g,
  // Fields of a schema that the environment is checked against: zod, envalid, pydantic.
  /^\s{2,}([A-Z][A-Z0-9]*_[A-Z0-9_]+):\s*(?:z\.|(?:str|num|bool|url|email|number|text)\(|(?:str|int|bool|SecretStr|PostgresDsn)\b)/gm,
]
/** What `const { A, B } = process.env` takes out. */
const TAKEN = /\{([^{}]{1,2000})\}\s*=\s*process\.env\b/g
/** Given by the machine, by tools or by other platforms. */
const NOT_OURS =
  /^(?:NODE_ENV|PORT|HOST|HOSTNAME|HOME|PATH|USER|PWD|SHELL|TERM|TZ|LANG|LC_\w+|CI|DEBUG|EDITOR|TMPDIR|TEMP|NO_COLOR|FORCE_COLOR|MODE|DEV|PROD|SSR|BASE_URL|NODE_\w+|NPM_\w+|NEXT_RUNTIME|NEXT_PHASE|JEST_\w+|VITEST\w*|(?:VERCEL|RENDER|RAILWAY|FLY|HEROKU|GITHUB|GITLAB|NETLIFY|AWS_LAMBDA|K_)\w*|DJANGO_SETTINGS_MODULE|PYTHON\w+|FLASK_APP)$/

/** Variables that the code of a folder reads, each with the first file that does. */
export function namesInCode(files: SourceFiles, folder: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const { name: file, text } of sourceTexts(files, folder)) {
    const names = READS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, a, b]) => a ?? b ?? ''))
    for (const [, inside = ''] of text.matchAll(TAKEN)) {
      names.push(...inside.split(',').map((part) => /^\s*([A-Z][A-Z0-9_]+)\b/.exec(part)?.[1] ?? ''))
    }
    for (const name of names)
      if (name !== '' && name.length <= 60 && !NOT_OURS.test(name) && !found.has(name)) found.set(name, file)
  }
  return found
}
