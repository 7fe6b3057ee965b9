/** Cloudron's own check of a manifest; it brings no types. */
declare module 'cloudron-manifestformat' {
  export function parse(manifest: unknown): Error | null
}
