package chart

// TextWidth lets the tests measure text as the charts do.
var TextWidth = textWidth
