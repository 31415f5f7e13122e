// A chart is handed out as PNG, too, for whatever takes no SVG: drawn by the browser, at twice its size.
for (const button of document.querySelectorAll("[data-png]")) {
  const picture = button.closest("figure").querySelector("img");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * picture.naturalWidth;
    canvas.height = 2 * picture.naturalHeight;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((content) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(content);
      link.download = button.dataset.png;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }, "image/png");
  });
}
