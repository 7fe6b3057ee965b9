import { escapeText } from '../../lib/escape-text.ts'

/** The root's page: leads to an app and keeps query and hash, which sign-ins of other services come back with. Relative, so that forks work. */
export function rootPage(folder: string, title: string): string {
  const to = `${folder}/`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeText(title)}</title>
<meta http-equiv="refresh" content="1; url=${to}">
<link rel="canonical" href="${to}">
<script>location.replace(${JSON.stringify(to)} + location.search + location.hash)</script>
</head>
<body><p><a href="${to}">${escapeText(title)}</a></p></body>
</html>
`
}

/**
 * The site's 404.html, the only one that Pages serves: a path inside an app that answers every path itself goes back to that app, which
 * finds its address put back by landfall-path.js; the rest says what is not there. The status stays 404.
 */
export function notFoundPage(base: string, apps: string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Not found</title>
<script>
const base = ${JSON.stringify(base)}, apps = ${JSON.stringify(apps)}
const rest = location.pathname.slice(base.length)
const app = apps.find((a) => a === '' || rest === a || rest.startsWith(a + '/'))
if (location.pathname.startsWith(base) && app !== undefined) {
  sessionStorage.setItem('landfall-path', location.pathname + location.search + location.hash)
  location.replace(base + (app && app + '/'))
}
</script>
</head>
<body><h1>Not found</h1><p><a href="${base}">To the start</a></p></body>
</html>
`
}

/** `landfall-path.js`, for the head of an app's index.html: puts back the address that 404.html came from, before the app looks at it. */
export const RESTORE_PATH = `const path = sessionStorage.getItem('landfall-path')
if (path) {
  sessionStorage.removeItem('landfall-path')
  history.replaceState(null, '', path)
}
`
