/** Header lines that say who asked, written by us alone: the client's own were dropped. */
export function forwardedLines(address: string, host: string, port: number): string {
  const quoted = address.includes(':') ? `"[${address}]"` : address
  return (
    `x-forwarded-for: ${address}\r\nx-forwarded-host: ${host}\r\nx-forwarded-proto: http\r\nx-forwarded-port: ${port}\r\n` +
    `forwarded: for=${quoted};host="${host}";proto=http\r\n`
  )
}
