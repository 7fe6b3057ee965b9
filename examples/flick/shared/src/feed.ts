import type { Post } from './types.ts'

/** The newest first, each once: what is loaded and what comes live may overlap. */
export function withPosts(posts: readonly Post[], more: readonly Post[]): Post[] {
  const byId = new Map([...posts, ...more].map((post) => [post.id, post]))
  return [...byId.values()].sort((a, b) => b.id - a.id)
}

/** One that comes live. An old one, which a moderator has shown again, belongs to a page that may not be loaded yet. */
export function withLive(posts: readonly Post[], post: Post): Post[] {
  const oldest = posts.at(-1)
  return oldest && post.id < oldest.id ? [...posts] : withPosts(posts, [post])
}

export function withoutPost(posts: readonly Post[], id: number): Post[] {
  return posts.filter((post) => post.id !== id)
}

/** `just now`, `5 min ago`, `3 h ago`, then the date. */
export function ago(postedAt: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(postedAt)) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`
  return new Date(postedAt).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })
}
