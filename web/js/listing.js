export async function open(main) { main.textContent = "listing"; }
