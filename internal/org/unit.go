package org

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/record"
)

var (
	codeForm   = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,29}[a-z0-9])?$`)
	officeForm = regexp.MustCompile(`^\d{4}$`)
)

// UnitNumber gives the public number of a unit: a local office's own number, for
// others the path.
func UnitNumber(unitType, path string) string {
	code := path[strings.LastIndexByte(path, '/')+1:]
	if unitType == TypeLocalOffice && officeForm.MatchString(code) {
		return code
	}
	return "E-" + strings.ReplaceAll(path, "/", "-")
}

func unitPath(in form.Values) string {
	if parent := in.String("parent"); parent != "" {
		return parent + "/" + in.String("code")
	}
	return in.String("code")
}

func (d *Directory) registerUnit(_ context.Context, c *record.Change[*Unit]) error {
	if !codeForm.MatchString(c.In.String("code")) {
		var errs fault.Errors
		errs.Add("code", "unit.code_form")
		return errs.Err()
	}
	u := c.Rec
	u.Path, u.Type = unitPath(c.In), c.In.String("unit_type")
	u.Unit, u.Number = u.Path, UnitNumber(u.Type, u.Path)
	u.Title, u.About, u.ValidFrom = c.In.String("name"), c.In.String("about"), c.In.Day("valid_from")
	return nil
}

// editUnit keeps a name that is given up among the other names, so that whoever
// knows only the old one still finds the unit.
func editUnit(_ context.Context, c *record.Change[*Unit]) error {
	u := c.Rec
	u.Aliases.V = nil
	for _, a := range strings.Split(c.In.String("aliases"), "\n") {
		if a = strings.TrimSpace(a); a != "" {
			u.Aliases.V = append(u.Aliases.V, a)
		}
	}
	if name := c.In.String("name"); name != u.Title {
		c.Note("before", u.Title)
		u.Aliases.V = append(u.Aliases.V, u.Title)
		u.Title = name
	}
	u.About, u.ValidFrom = c.In.String("about"), c.In.Day("valid_from")
	return nil
}

func setCapacity(_ context.Context, c *record.Change[*Unit]) error {
	told := Capacity{Area: c.In.String("area"), Percent: c.In.Int("percent"), Note: c.In.String("note"), From: c.In.Day("from"), To: c.In.Day("to")}
	if told.From.IsZero() {
		told.From = c.Today
	}
	var errs fault.Errors
	if told.Percent > 100 {
		errs.Add("percent", "unit.percent_form")
	}
	if !told.To.IsZero() && told.To.Before(told.From) {
		errs.Add("to", "org.date_order", "date", told.From)
	}
	if err := errs.Err(); err != nil {
		return err
	}
	if before, ok := c.Rec.CapacityOn(told.Area, c.Today); ok {
		c.Note("before", fmt.Sprintf("%d %%", before.Percent))
	}
	c.Rec.Capacity.V = append(c.Rec.Capacity.V, told)
	return nil
}

func closeUnit(_ context.Context, c *record.Change[*Unit]) error {
	last := c.In.Day("valid_to")
	if last.Before(c.Rec.ValidFrom) {
		var errs fault.Errors
		errs.Add("valid_to", "org.date_order", "date", c.Rec.ValidFrom)
		return errs.Err()
	}
	c.Rec.ValidTo = last
	return nil
}

func reopenUnit(_ context.Context, c *record.Change[*Unit]) error {
	c.Note("before", dayText(c.Rec.ValidTo))
	c.Rec.ValidTo = time.Time{}
	return nil
}

func lines(list []string) string { return strings.Join(list, "\n") }
