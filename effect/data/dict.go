package data

// Dict builds the dictionary of a String column: it gives each distinct level a
// code in order of first appearance. The zero value is an empty dictionary. It
// is not safe for use by several goroutines at once, but the slices returned by
// Levels stay valid and unchanged while the dictionary grows.
type Dict struct {
	codes  map[string]uint32
	levels []string
}

// Code returns the code of the level, adding it when it is new.
func (d *Dict) Code(level string) uint32 {
	if c, ok := d.codes[level]; ok {
		return c
	}
	return d.add(level)
}

// CodeBytes is Code for a level held in a byte slice; it copies the bytes only
// when the level is new.
func (d *Dict) CodeBytes(level []byte) uint32 {
	if c, ok := d.codes[string(level)]; ok {
		return c
	}
	return d.add(string(level))
}

func (d *Dict) add(level string) uint32 {
	if d.codes == nil {
		d.codes = make(map[string]uint32)
	}
	c := uint32(len(d.levels))
	d.codes[level] = c
	d.levels = append(d.levels, level)
	return c
}

// Levels returns the levels so far, indexed by code.
func (d *Dict) Levels() []string { return d.levels[:len(d.levels):len(d.levels)] }

// Len returns the number of levels so far.
func (d *Dict) Len() int { return len(d.levels) }
