/** What travels between the server and its clients. */
export interface Post {
  id: number
  author: string
  text: string
  postedAt: string
  /** Only moderators get to see posts of which this is true. */
  isHidden: boolean
}

export interface User {
  id: string
  name: string
  email: string
  role: string
}

/** Every answer of the API; `code` is for programs, `message` for people. */
export type Answer<T> = { success: true; message: string; data: T } | { success: false; code: string; message: string }

/** Socket.IO events, from the server to whoever listens. */
export interface Events {
  'post:new': (post: Post) => void
  'post:gone': (id: number) => void
  /** To one person alone. */
  notice: (text: string) => void
}
