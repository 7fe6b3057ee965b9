import { defineConfig } from 'vite'

export default defineConfig(({ command }) => {
  // Vite would leave the name itself in the page.
  if (command === 'build' && !URL.canParse(process.env.VITE_WEB_URI ?? ''))
    throw new Error('VITE_WEB_URI: must be a URL, at the build')
  return { server: { port: 5175 } }
})
