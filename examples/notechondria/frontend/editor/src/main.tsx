import '@notechondria/shared/base.css'
import './style.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

createRoot(document.getElementById('app')!).render(<App />)
