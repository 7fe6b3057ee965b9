/** For the head of a written file, as a comment: `export` overwrites only files that have it. */
export function writtenBy(target: string): string {
  return `${WRITTEN_BY} ${target}\`. Change landfall.yaml and export again.`
}
export const WRITTEN_BY = 'Written by `landfall export'
