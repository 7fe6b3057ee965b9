import { type FormEvent, type InputHTMLAttributes, type ReactNode, useState } from 'react'

interface Props {
  label: string
  send: string
  children: ReactNode
  className?: string
  /** Gets the fields as texts; what it throws is shown. */
  onSend(fields: Record<string, string>, form: HTMLFormElement): Promise<void>
}

/** A form that says what went wrong, and cannot be sent twice at once. */
export function Form({ label, send, children, className = 'form', onSend }: Props) {
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = event.currentTarget
    const fields = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
    setBusy(true)
    setProblem('')
    try {
      await onSend(fields, form)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className={className} aria-label={label} onSubmit={submit}>
      {children}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" disabled={isBusy}>
        {send}
      </button>
    </form>
  )
}

export function Field({ label, hint, ...input }: { label: string; hint?: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label>
      {label}
      <input {...input} />
      {hint && <small>{hint}</small>}
    </label>
  )
}
