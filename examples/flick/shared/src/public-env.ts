/** What a page is told at its build is part of it: better no page than one that asks at the wrong address. */
export function requireUrls(names: string[], env: Record<string, string | undefined>): void {
  const wrong = names.filter((name) => !/^https?:\/\/[^/]+(\/.*[^/])?$/.test(env[name] ?? ''))
  if (wrong.length === 0) return
  throw new Error(wrong.map((name) => `${name}: must be a URL such as https://api.flick.example, at the build`).join('\n'))
}
