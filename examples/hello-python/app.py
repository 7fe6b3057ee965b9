import os

from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/")
def hello():
    return "<!doctype html><title>Hello</title><h1>Hello from Python</h1>"


@app.get("/health")
def health():
    return jsonify(ok=True, release=os.environ.get("LANDFALL_RELEASE"))
