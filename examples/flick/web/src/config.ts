import { connect } from '@flick/shared/api.ts'

const { VITE_SERVER_URI, VITE_OCR_URI } = import.meta.env
export const server: string = VITE_SERVER_URI ?? 'http://localhost:8000'
export const ocr: string = VITE_OCR_URI ?? 'http://localhost:8003'
export const api = connect(server)
