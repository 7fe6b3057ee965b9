const response = await fetch('/api/hello?name=page')
document.querySelector('#answer').textContent = (await response.json()).text
