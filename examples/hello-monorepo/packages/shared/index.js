/** What the page and the API both say. */
export function greet(name) {
  return `Hello, ${name}!`
}
