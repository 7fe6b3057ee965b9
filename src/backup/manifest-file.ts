import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { derive } from '../lib/age/header.ts'
import { recipientOf, secretOf } from '../lib/age/keys.ts'
import { canonical } from '../lib/digest.ts'
import { LandfallError } from '../lib/error.ts'
import type { BackupManifest } from '../model/backup.ts'
import type { Place } from './places/place.ts'

export const MANIFEST = 'manifest.json'
/** A manifest names parts and tables; this is far above the largest. */
const LIMIT = 64 * 1024 * 1024
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no sha256')
const count = z.number().int().min(0)
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/, 'is no name')
const holding = z.strictObject({
  items: z.record(z.string(), z.strictObject({ count, bytes: count, sha256 })),
  values: z.record(z.string(), z.string()),
  tools: z.record(z.string(), z.string()),
})
const finding = z.strictObject({
  level: z.enum(['error', 'warning', 'changed', 'lost']),
  code: z.string(),
  at: z.string(),
  message: z.string(),
  hint: z.string().optional(),
})
const manifest = z.strictObject({
  format: z.literal(1),
  app: name,
  environment: name,
  id: z.string().regex(/^\d{8}T\d{6}Z-[a-z]{4}$/, 'is no id of a backup'),
  at: z.iso.datetime(),
  why: z.enum(['hand', 'schedule', 'release', 'decommission']),
  release: z.string().optional(),
  parts: z
    .array(
      z.strictObject({
        file: name,
        bytes: z.number().int().min(1, 'says that the file is empty'),
        sha256,
        kind: z.enum(['resource', 'app']),
        resource: name.optional(),
        type: name.optional(),
        holds: holding,
      }),
    )
    .min(1),
  findings: z.array(finding),
  tools: z.record(z.string(), z.string()),
  recipients: z.array(z.string()),
})
const signed = z.strictObject({ manifest, signature: z.string(), key: z.string() })

/** Signed with a key that follows from the identity: whoever can open the parts can tell whether it was altered. */
export function manifestText(content: BackupManifest, identity: string): string {
  const key = signingKey(identity)
  const signature = sign(null, bytesOf(content), key).toString('base64')
  return `${JSON.stringify({ manifest: content, signature, key: publicText(key) }, null, 1)}\n`
}

/** E_BACKUP_INVALID with file and field; E_DECRYPT where none of the identities made it. */
export async function readManifestFile(place: Place, folder: string, identities: string[] | undefined): Promise<BackupManifest> {
  const at = `${place.title}/${folder}/${MANIFEST}`
  const invalid = (message: string, where = at) =>
    new LandfallError({ code: 'E_BACKUP_INVALID', at: where, message, hint: 'landfall backup list' })
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of place.read(`${folder}/${MANIFEST}`)) {
    length += chunk.length
    if (length > LIMIT) throw invalid('the manifest is larger than 64 MiB')
    chunks.push(chunk)
  }
  if (length === 0) throw invalid('the manifest is empty')
  let json: unknown
  try {
    json = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw invalid('the manifest is cut off or no JSON')
  }
  const read = signed.safeParse(json)
  if (!read.success) {
    const issue = read.error.issues[0]
    const keys = issue?.code === 'unrecognized_keys' ? `: ${issue.keys.join(', ')}` : ''
    throw invalid(`the manifest is wrong at \`${issue?.path.join('.') || 'its top'}\`: ${issue?.message}${keys}`)
  }
  const content = read.data.manifest as BackupManifest // The schema is that of the type.
  if (identities) checkSignature(content, read.data, identities, at)
  return content
}

function checkSignature(
  content: BackupManifest,
  { signature, key }: z.infer<typeof signed>,
  identities: string[],
  at: string,
): void {
  const own = identities.map(signingKey).find((k) => publicText(k) === key)
  if (!own) {
    throw new LandfallError({
      code: 'E_DECRYPT',
      at,
      message: 'none of the keys that are here made this backup',
      detail: `keys wanted: ${content.recipients.join(', ')}\nkeys given: ${identities.map(recipientOf).join(', ') || 'none'}`,
      hint: 'give the file with the right key: --identity <file>',
    })
  }
  if (verify(null, bytesOf(content), createPublicKey(own), Buffer.from(signature, 'base64'))) return
  throw new LandfallError({ code: 'E_BACKUP_INVALID', at, message: 'the manifest was altered after it was signed' })
}

const bytesOf = (content: unknown) => Buffer.from(canonical(content))
function signingKey(identity: string): KeyObject {
  const seed = derive(secretOf(identity), Buffer.alloc(0), 'landfall backup manifest')
  return createPrivateKey({ key: Buffer.concat([ED25519_HEAD, seed]), format: 'der', type: 'pkcs8' })
}
const publicText = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex')
