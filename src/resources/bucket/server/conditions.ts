import type { StoredObject } from './catalog.ts'
import { S3Error } from './s3-error.ts'

export interface Conditions {
  match?: string | undefined
  noneMatch?: string | undefined
  modifiedSince?: string | undefined
  unmodifiedSince?: string | undefined
}

/** Whether what is asked for is known already; a condition that does not hold is an error. */
export function isKnown(object: StoredObject, c: Conditions): boolean {
  if (c.match !== undefined) {
    if (!names(c.match, object.etag)) throw new S3Error('PreconditionFailed')
  } else if (c.unmodifiedSince !== undefined && seconds(object.modified) > seconds(Date.parse(c.unmodifiedSince))) {
    throw new S3Error('PreconditionFailed')
  }
  if (c.noneMatch !== undefined) return names(c.noneMatch, object.etag)
  return c.modifiedSince !== undefined && seconds(object.modified) <= seconds(Date.parse(c.modifiedSince))
}

/** For writes: `if-none-match: *` means that nothing is there yet, `if-match` that it is still the same. */
export function checkWrite(object: StoredObject | undefined, c: Conditions): void {
  if (c.noneMatch !== undefined && object && names(c.noneMatch, object.etag)) throw new S3Error('PreconditionFailed')
  if (c.match === undefined) return
  if (!object) throw new S3Error('NoSuchKey')
  if (!names(c.match, object.etag)) throw new S3Error('PreconditionFailed')
}

export function readConditions(get: (name: string) => string | undefined, prefix = ''): Conditions {
  return {
    match: get(`${prefix}if-match`),
    noneMatch: get(`${prefix}if-none-match`),
    modifiedSince: get(`${prefix}if-modified-since`),
    unmodifiedSince: get(`${prefix}if-unmodified-since`),
  }
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '').replaceAll('"', '') === etag)
}

/** What HTTP can tell apart. */
const seconds = (ms: number) => Math.floor(ms / 1000)
