import { jsonSchema } from '../manifest/schema.ts'

/** The manifest's JSON Schema, for editors. */
export const manifestJsonSchema = (): Record<string, unknown> => jsonSchema()
