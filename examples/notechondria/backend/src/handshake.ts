/** What a page asks before it accepts an address as that of its backend. */
export function handshake(version: string) {
  return {
    service: 'notechondria-backend',
    api_version: 'v1',
    version,
    capabilities: { auth: 1, notes: 1, courses: 1, planner: 1, calendar_feeds: 1, attachments: 1, mcp: 1 },
  }
}
