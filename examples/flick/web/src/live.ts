import type { Events } from '@flick/shared/types.ts'
import { io, type Socket } from 'socket.io-client'
import { server } from './config.ts'

/** One connection for the whole page. It comes back by itself, to whichever instance there is. */
export const socket: Socket<Events> = io(server, { transports: ['websocket'], withCredentials: true, autoConnect: false })
