import { ago } from '@flick/shared/feed.ts'
import type { Post } from '@flick/shared/types.ts'
import { useEffect, useState } from 'react'
import type { Api } from './app.tsx'

/** `/posts/42` is one post, `/hidden` those that nobody sees, everything else all of them. */
const idOf = (path: string) => /^\/posts\/(\d+)$/.exec(path)?.[1]

export function Moderation({ api }: { api: Api }) {
  const [posts, setPosts] = useState<Post[]>()
  const [problem, setProblem] = useState('')
  const path = location.pathname
  const id = idOf(path)

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each page, and each page is a document
  useEffect(() => {
    const asked = id ? api.anyPost(Number(id)).then((post) => [post]) : api.allPosts()
    asked.then(setPosts, (error: Error) => setProblem(error.message))
  }, [])

  async function hide(post: Post): Promise<void> {
    try {
      const changed = await api.hide(post.id, !post.isHidden)
      setPosts((shown = []) => shown.map((one) => (one.id === changed.id ? changed : one)))
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }

  const shown = posts?.filter((post) => path !== '/hidden' || post.isHidden)
  const current = (of: string) => (path === of ? 'page' : undefined)
  return (
    <>
      <h1>{id ? `Post ${id}` : 'Posts'}</h1>
      <nav className="tabs" aria-label="Posts">
        <a href="/" aria-current={current('/')}>
          All
        </a>
        <a href="/hidden" aria-current={current('/hidden')}>
          Hidden
        </a>
      </nav>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {shown?.length === 0 && <p className="empty">Nothing here.</p>}
      <ul className="list">
        {shown?.map((post) => (
          <li key={post.id} className={post.isHidden ? 'card post hidden' : 'card post'}>
            <p className="fine">
              <strong>{post.author}</strong> · <a href={`/posts/${post.id}`}>{ago(post.postedAt, Date.now())}</a>
              {post.isHidden && <span className="tag">hidden</span>}
            </p>
            <p>{post.text}</p>
            <p>
              <button type="button" className="quiet small" onClick={() => hide(post)}>
                {post.isHidden ? 'Show again' : 'Hide'}
              </button>
            </p>
          </li>
        ))}
      </ul>
    </>
  )
}
