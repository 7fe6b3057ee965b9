import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The path that the app is published under, as on a project site. Everything it loads lies there too: nothing comes from a CDN.
export default defineConfig({ base: '/Notechondria/planner/', plugins: [react()] })
