// Runs inside the browser: the lowest contrast (WCAG 2.1) of all visible texts against what lies
// behind them. A file of plain JavaScript, because the project's types know no DOM.

() => {
  const channels = (color) => {
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (from) => {
    for (let element = from; element; element = element.parentElement) {
      const [r, g, b, alpha] = channels(getComputedStyle(element).backgroundColor);
      if (alpha === 255) return [r, g, b];
    }
    throw new Error('no background below a text');
  };
  let worst = { ratio: Number.POSITIVE_INFINITY, where: '' };
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('svg, script, noscript, option') || !element.checkVisibility()) continue;
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const color = channels(getComputedStyle(element).color).slice(0, 3);
    const [light, dark] = [luminance(color), luminance(behind(element))].sort((x, y) => y - x);
    const ratio = (light + 0.05) / (dark + 0.05);
    const where = `${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`;
    if (ratio < worst.ratio) worst = { ratio, where };
  }
  return worst;
};
