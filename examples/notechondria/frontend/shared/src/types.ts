// What the backend answers, as far as pages read it.
export interface User {
  id: number
  username: string
  email: string
}
export interface Course {
  id: number
  title: string
  description: string
  owner: string
  is_default: boolean
  is_public: boolean
  is_own: boolean
  is_subscribed: boolean
  notes: number
}
export type Kind = 'text' | 'heading' | 'code' | 'quote'
export interface Block {
  id: number
  kind: Kind
  text: string
}
export interface NoteLine {
  id: number
  title: string
  course_id: number
  updated_at: string
}
export interface Note extends NoteLine {
  uuid: string
  is_own: boolean
  blocks: Block[]
}
export interface Version {
  number: number
  title: string
  created_at: string
}
export interface Attachment {
  id: number
  name: string
  size: number
  url: string
}
export interface PlannerEvent {
  id: number
  title: string
  starts_at: string
  ends_at: string | null
  is_completed: boolean
}
export interface FeedEvent {
  title: string
  starts_at: string
  ends_at: string | null
  is_all_day: boolean
}
export interface Feed {
  id: number
  name: string
  url: string
}
export interface SessionLine {
  id: number
  device: string
  used_at: string
  is_current: boolean
}
export interface ProviderOffer {
  provider: 'google' | 'github'
  state: string
  url: string
}
