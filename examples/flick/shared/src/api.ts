import type { Answer, Post, User } from './types.ts'

/** What went wrong, in words that can be shown. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The API as its clients see it. `server` is where it is: they are told at their build. */
export function connect(server: string) {
  async function send(path: string, method = 'GET', body?: unknown): Promise<unknown> {
    const response = await fetch(`${server}${path}`, {
      method,
      // The session's cookie belongs to the server's host, or to the domain that all of them share.
      credentials: 'include',
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    }).catch(() => {
      throw new Refused(0, 'The server cannot be reached. Please try again in a moment.')
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok) return answer
    const said = typeof answer === 'object' && answer !== null && 'message' in answer ? String(answer.message) : ''
    throw new Refused(response.status, said || `The server answered with ${response.status}.`)
  }
  async function ask<T>(path: string, method?: string, body?: unknown): Promise<T> {
    const answer = (await send(path, method, body)) as Answer<T> // The API's own promise.
    if (!answer.success) throw new Refused(500, answer.message)
    return answer.data
  }
  return {
    /** Nobody where nobody is signed in. */
    async session(): Promise<User | undefined> {
      const found = (await send('/api/auth/get-session')) as { user: User } | null
      return found?.user
    },
    signUp: (name: string, email: string, password: string) => send('/api/auth/sign-up/email', 'POST', { name, email, password }),
    signIn: (email: string, password: string) => send('/api/auth/sign-in/email', 'POST', { email, password }),
    signOut: () => send('/api/auth/sign-out', 'POST', {}),
    posts: async (before?: number) => (await ask<{ posts: Post[] }>(`/api/v1/posts${before ? `?before=${before}` : ''}`)).posts,
    post: async (text: string) => (await ask<{ post: Post }>('/api/v1/posts', 'POST', { text })).post,
    allPosts: async () => (await ask<{ posts: Post[] }>('/api/v1/admin/posts')).posts,
    anyPost: async (id: number) => (await ask<{ post: Post }>(`/api/v1/admin/posts/${id}`)).post,
    hide: async (id: number, isHidden: boolean) =>
      (await ask<{ post: Post }>(`/api/v1/admin/posts/${id}`, 'PATCH', { isHidden })).post,
  }
}
