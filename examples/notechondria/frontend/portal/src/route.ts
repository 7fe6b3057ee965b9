/** Where a page of the portal is: the path behind `#`, and what follows a `?` there. */
export interface Place {
  page: string
  id?: number
  query: URLSearchParams
}

export function readPlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [page = '', id] = path.split('/')
  return { page, query: new URLSearchParams(query), ...(id && /^\d+$/.test(id) && { id: Number(id) }) }
}

/** What to do with what a provider sent back. The state must be the one that this browser began with. */
export function readOAuth(query: URLSearchParams, begun: string | null): { provider: string; code: string; state: string } {
  const [provider, code, state] = [query.get('provider'), query.get('code'), query.get('state')]
  if (query.get('error')) throw new Error('You were not signed in: the other side said no.')
  if (!provider || !code || !state || state !== begun)
    throw new Error('This sign-in did not begin in this browser. Please begin anew.')
  return { provider, code, state }
}
