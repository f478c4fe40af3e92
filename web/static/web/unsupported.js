// Shows a sentence instead of an empty page where the client could not start. Old syntax only: every browser must run this.
// The client removes the sentence when it starts, which is before the page has loaded.
window.addEventListener("load", function () {
  var sentence = document.getElementById("unsupported");
  if (sentence) sentence.hidden = false;
});
