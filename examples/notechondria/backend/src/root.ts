/** The folder that holds `migrations/` and `static/`: beside the bundle, or above `src/`. */
export const root = new URL(import.meta.url.endsWith('.ts') ? '../' : './', import.meta.url)
