const TEXT = '; charset=utf-8'
const TYPES: Record<string, string> = {
  aac: 'audio/aac',
  apng: 'image/apng',
  atom: 'application/atom+xml',
  avif: 'image/avif',
  bin: 'application/octet-stream',
  bmp: 'image/bmp',
  css: `text/css${TEXT}`,
  csv: `text/csv${TEXT}`,
  eot: 'application/vnd.ms-fontobject',
  epub: 'application/epub+zip',
  flac: 'audio/flac',
  geojson: 'application/geo+json',
  gif: 'image/gif',
  gz: 'application/gzip',
  htm: `text/html${TEXT}`,
  html: `text/html${TEXT}`,
  ico: 'image/x-icon',
  ics: `text/calendar${TEXT}`,
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: `text/javascript${TEXT}`,
  json: 'application/json',
  jsonld: 'application/ld+json',
  jxl: 'image/jxl',
  m4a: 'audio/mp4',
  map: 'application/json',
  md: `text/markdown${TEXT}`,
  mjs: `text/javascript${TEXT}`,
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  ogv: 'video/ogg',
  opus: 'audio/ogg',
  otf: 'font/otf',
  pdf: 'application/pdf',
  png: 'image/png',
  rss: 'application/rss+xml',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  toml: `text/plain${TEXT}`,
  ts: 'video/mp2t',
  ttf: 'font/ttf',
  txt: `text/plain${TEXT}`,
  vtt: `text/vtt${TEXT}`,
  wasm: 'application/wasm',
  wav: 'audio/wav',
  weba: 'audio/webm',
  webm: 'video/webm',
  webmanifest: 'application/manifest+json',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
  xhtml: 'application/xhtml+xml',
  xml: 'application/xml',
  yaml: `text/plain${TEXT}`,
  yml: `text/plain${TEXT}`,
  zip: 'application/zip',
}

export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : ''
}

export function contentType(name: string): string {
  return TYPES[extensionOf(name)] ?? 'application/octet-stream'
}

/** Pictures, films and archives only grow when they are packed once more. */
export function isCompressible(type: string): boolean {
  return /^text\/|^application\/(json|xml|wasm|manifest\+json|vnd\.ms-fontobject)|\+(json|xml)$|^font\/[ot]tf$|^image\/(bmp|x-icon)$/.test(
    type,
  )
}
