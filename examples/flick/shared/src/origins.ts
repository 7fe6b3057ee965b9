import * as z from 'zod'

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text

/** A variable that lists the pages which may ask: origins, with commas between them. */
export const origins = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .refine((all) => all.every(isOrigin), 'must be origins such as https://flick.example, with commas between them')
