import { tidyAddress, verifyHandshake } from './handshake.ts'

// Set at build. Without it, pages ask a backend on the machine that they are looked at on.
const { VITE_DEFAULT_API_URL, VITE_APP_VERSION } = import.meta.env ?? {}
const FALLBACK = 'http://localhost:8000/api/v1'
export const bakedAddress: string = VITE_DEFAULT_API_URL || FALLBACK
export const appVersion: string = VITE_APP_VERSION || 'dev'

const KEY = 'notechondria.api'
const stored = () => (typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY))
export const apiAddress = (): string => stored() ?? bakedAddress

/** Kept only after the other side has shown what it is. */
export async function changeAddress(typed: string): Promise<void> {
  const address = tidyAddress(typed)
  await verifyHandshake(address)
  localStorage.setItem(KEY, address)
}
export const resetAddress = () => localStorage.removeItem(KEY)
