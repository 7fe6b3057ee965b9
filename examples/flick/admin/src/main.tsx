import '@flick/shared/base.css'
import './style.css'
import { connect } from '@flick/shared/api.ts'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

const server: string = import.meta.env.VITE_SERVER_URI ?? 'http://localhost:8000'
createRoot(document.getElementById('app')!).render(<App api={connect(server)} />)
