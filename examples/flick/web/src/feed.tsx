import { ago, withLive, withoutPost, withPosts } from '@flick/shared/feed.ts'
import type { Post, User } from '@flick/shared/types.ts'
import { type AnchorHTMLAttributes, useEffect, useRef, useState } from 'react'
import { Composer } from './composer.tsx'
import { api } from './config.ts'
import { socket } from './live.ts'

const PAGE = 30

interface Props {
  user: User | null | undefined
  signUp: AnchorHTMLAttributes<HTMLAnchorElement>
}

export function Feed({ user, signUp }: Props) {
  const [posts, setPosts] = useState<Post[]>()
  const [problem, setProblem] = useState('')
  const [isLive, setLive] = useState(false)
  const [notice, setNotice] = useState('')
  const [hasMore, setMore] = useState(false)
  const name = useRef<string>(undefined)
  name.current = user?.name

  async function load(before?: number): Promise<void> {
    try {
      const page = await api.posts(before)
      // After a break the first page is all that is certain.
      setPosts((shown = []) => (before === undefined ? page : withPosts(shown, page)))
      setMore(page.length === PAGE)
      setProblem('')
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }

  // Whoever signs in or out connects anew, so that the server knows to whom it talks.
  // biome-ignore lint/correctness/useExhaustiveDependencies: load() asks for the same each time
  useEffect(() => {
    if (user === undefined) return
    socket.on('connect', () => {
      setLive(true)
      load()
    })
    socket.on('disconnect', () => setLive(false))
    socket.on('post:new', (post) => {
      setPosts((shown = []) => withLive(shown, post))
      if (post.author !== name.current) setNotice(`${post.author} just posted.`)
    })
    socket.on('post:gone', (id) => setPosts((shown = []) => withoutPost(shown, id)))
    socket.on('notice', setNotice)
    socket.connect()
    load()
    return () => {
      socket.off()
      socket.disconnect()
    }
  }, [user?.id, user === undefined])

  useEffect(() => {
    if (!notice) return
    const timer = setTimeout(() => setNotice(''), 8_000)
    return () => clearTimeout(timer)
  }, [notice])

  const oldest = posts?.at(-1)
  return (
    <>
      <div className="head">
        <h1>On campus</h1>
        <p className={isLive ? 'live on' : 'live'}>{isLive ? 'Live' : 'Connecting…'}</p>
      </div>
      {user && <Composer onPosted={(post) => setPosts((shown = []) => withPosts(shown, [post]))} />}
      {user === null && (
        <p className="card invite">
          <a {...signUp}>Sign up</a> to say something yourself.
        </p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {posts?.length === 0 && <p className="empty">Nobody has said anything yet. Be the first.</p>}
      <ul className="list" aria-label="Posts">
        {posts?.map((post) => (
          <li key={post.id} className="card post">
            <p className="fine">
              <strong>{post.author}</strong> · <time dateTime={post.postedAt}>{ago(post.postedAt, Date.now())}</time>
            </p>
            <p>{post.text}</p>
          </li>
        ))}
        {hasMore && oldest && (
          <li className="more">
            <button type="button" className="quiet" onClick={() => load(oldest.id)}>
              Older posts
            </button>
          </li>
        )}
      </ul>
      <div role="status" className={notice ? 'notice shown' : 'notice'}>
        {notice}
      </div>
    </>
  )
}
