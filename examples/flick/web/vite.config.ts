import { requireUrls } from '@flick/shared/public-env.ts'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig(({ command }) => {
  if (command === 'build') requireUrls(['VITE_SERVER_URI', 'VITE_OCR_URI'], process.env)
  return { plugins: [react()] }
})
