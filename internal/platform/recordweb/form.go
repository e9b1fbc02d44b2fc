package recordweb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/record"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// label gives a field's question: the command's own words, or the kind's.
func label(ctx context.Context, kind, command, field string) string {
	keys := fieldKeys(kind, command, field)
	for _, key := range keys {
		if s, ok := lang.Maybe(ctx, key); ok {
			return s
		}
	}
	return lang.T(ctx, keys[len(keys)-1])
}

func hint(ctx context.Context, kind, command, field string) string {
	for _, key := range []string{kind + "." + command + "." + field + ".hint", kind + ".field." + field + ".hint"} {
		if s, ok := lang.Maybe(ctx, key); ok {
			return s
		}
	}
	return ""
}

// stored gives what an edit form shows: what is stored now, as it is kept.
func stored(fields []form.Field, rec any) (map[string][]string, error) {
	out := map[string][]string{}
	for _, f := range fields {
		if f.Value != nil {
			values := f.Value(rec)
			for i := range values {
				values[i] = written(f, values[i])
			}
			out[f.Name] = values
		}
	}
	return out, nil
}

// written turns a kept value into what one would type.
func written(f form.Field, kept string) string {
	switch f.Type {
	case form.Day:
		if t, err := time.Parse(time.DateOnly, kept); err == nil {
			return t.Format("02.01.2006")
		}
	case form.Money:
		if ore, err := strconv.ParseInt(kept, 10, 64); err == nil {
			if ore%100 == 0 {
				return strconv.FormatInt(ore/100, 10)
			}
			return fmt.Sprintf("%d,%02d", ore/100, ore%100)
		}
	}
	return kept
}

// shown turns kept values into words for the history.
func shown(ctx context.Context, f form.Field, kept []string, rec any) (string, error) {
	switch f.Type {
	case form.Day:
		if t, err := time.Parse(time.DateOnly, first(kept)); err == nil {
			return lang.Day(ctx, t), nil
		}
	case form.Money:
		if ore, err := strconv.ParseInt(first(kept), 10, 64); err == nil {
			return lang.NOK(ctx, ore), nil
		}
	case form.Tick:
		return lang.T(ctx, "form.yes"), nil
	case form.File:
		return first(kept), nil
	case form.Choice, form.Choices:
		options, err := f.Choose(ctx, rec)
		if err != nil {
			return "", err
		}
		var words []string
		for _, k := range kept {
			word := k
			for _, o := range options {
				if o.Value == k {
					word = optionText(ctx, o)
				}
			}
			words = append(words, word)
		}
		return strings.Join(words, ", "), nil
	}
	return strings.Join(kept, ", "), nil
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func optionText(ctx context.Context, o form.Option) string {
	if o.Label != "" {
		return o.Label
	}
	return lang.T(ctx, o.Key)
}

// ask shows a command's form.
func (p *pages[T]) ask(c *web.Context, status int, cmd lifecycle.Command, rec T, a asked) error {
	ctx, kind := c.Ctx(), p.kind.Name
	title := lang.T(ctx, kind+"."+cmd.Name+".title")
	props := formProps{Title: title, Button: lang.T(ctx, kind+"."+cmd.Name+".button"), Cancel: cmp.Or(p.view.UpPath, p.view.Cancel, p.kind.Path), Danger: cmd.Danger}
	props.Intro, _ = lang.Maybe(ctx, kind+"."+cmd.Name+".intro")
	action := p.kind.Path + "/" + cmd.Path
	if p.view.Fill != nil && cmd.Create {
		var err error
		if props.Note, err = p.view.Fill(ctx, cmd.Name, a.values); err != nil {
			return err
		}
	}
	var subject any
	var crumbs []ui.Crumb
	key := a.key
	if key == "" {
		key = web.NewKey()
	}
	props.Form.Hidden = []ui.HiddenField{{Name: "_key", Value: key}}
	if !isNil(rec) {
		h := rec.Base()
		subject = rec
		props.Kicker = lang.T(ctx, kind+".name") + " " + h.Number
		props.About = h.Title
		action = p.address(h) + "/" + cmd.Path
		reached := cmp.Or(first(a.values[from]), c.Query(from))
		back, err := p.back(ctx, reached, h)
		if err != nil {
			return err
		}
		if back != "" {
			props.Form.Hidden = append(props.Form.Hidden, ui.HiddenField{Name: from, Value: reached})
		}
		props.Cancel = cmp.Or(back, p.address(h))
		crumbs = append(crumbs, ui.Crumb{Label: h.Number, Href: p.address(h)})
		// How often the record has changed is told outside the agency only to edit it: it would tell
		// an applicant what the agency does meanwhile.
		if cmd.Edit || c.Actor.Staff {
			props.Form.Hidden = append(props.Form.Hidden, ui.HiddenField{Name: "_version", Value: strconv.Itoa(cmp.Or(a.version, h.Version))})
		}
		if p.view.About != nil {
			var err error
			if props.Case, err = p.view.About(ctx, cmd.Name, rec); err != nil {
				return err
			}
		}
	}
	if cmd.Confirm {
		props.Consequence = lang.T(ctx, kind+"."+cmd.Name+".consequence")
	}
	props.Conflict, props.Kept = a.conflict, a.kept
	for _, w := range a.warnings {
		props.Warnings = append(props.Warnings, lang.T(ctx, w.Key, web.Args(ctx, w.Args)...))
	}
	current := map[string][]string{}
	if a.conflict {
		var err error
		if current, err = stored(cmd.Fields, subject); err != nil {
			return err
		}
	}
	fields := slices.Clone(cmd.Fields)
	// A reason that was written is shown again, also where it was a warning that asked for it.
	if cmd.Reason || len(a.warnings) > 0 || first(a.values[record.ReasonField]) != "" || slices.ContainsFunc(a.errs, func(f fault.Field) bool { return f.Name == record.ReasonField }) {
		fields = append(fields, form.Field{Name: record.ReasonField, Type: form.Area, Required: true, Max: record.ReasonLimit})
	}
	required := 0
	for _, f := range fields {
		if f.Required {
			required++
		}
	}
	props.Form.AllRequired = required == len(fields) && required > 1
	props.Form.ErrorTitle = a.refused
	for _, text := range a.grounds {
		props.Form.Errors = append(props.Form.Errors, ui.FieldError{Text: text})
	}
	for _, f := range fields {
		u := ui.Field{
			Name: f.Name, ID: "felt-" + f.Name, Label: label(ctx, kind, cmd.Name, f.Name), Hint: hint(ctx, kind, cmd.Name, f.Name),
			Value: first(a.values[f.Name]), Conflict: a.conflict && f.Value != nil, Current: strings.Join(current[f.Name], ", "),
			Required: f.Required && !props.Form.AllRequired, Optional: !f.Required,
		}
		for _, e := range a.errs {
			if e.Name == f.Name && u.Error == "" {
				u.Error = lang.T(ctx, e.Key, append(web.Args(ctx, e.Args), "field", u.Label)...)
				props.Form.Errors = append(props.Form.Errors, ui.FieldError{ID: u.ID, Text: u.Error})
			}
		}
		var file ui.KeptFile
		if f.Type == form.File {
			token := first(a.values[web.KeptFile(f.Name)])
			kept, err := p.site.kept(ctx, token)
			if err != nil {
				return err
			}
			if kept != nil {
				file = ui.KeptFile{Name: kept.Name, Token: ui.HiddenField{Name: web.KeptFile(f.Name), Value: token}, Drop: dropFile + f.Name}
			}
		}
		control, err := p.control(ctx, f, u, a.values[f.Name], subject, file)
		if err != nil {
			return err
		}
		props.Fields = append(props.Fields, control)
		if f.Type == form.File {
			props.Form.Multipart = true
		}
	}
	props.Form.Action = action
	props.Form.Guard = len(cmd.Fields) > 0
	page := p.frame(c, title, append(crumbs, ui.Crumb{Label: title})...)
	if props.Kicker != "" {
		page.Section = props.Kicker // which record it is about, also where only the window's title is read
	}
	page.Errors = len(props.Form.Errors)
	page.Narrow = true
	return c.Within(status, page, commandPage(props))
}

// control gives the control of a field's type.
func (p *pages[T]) control(ctx context.Context, f form.Field, u ui.Field, values []string, rec any, k ui.KeptFile) (templ.Component, error) {
	switch f.Type {
	case form.Area:
		u.Max = f.Limit()
		return ui.TextArea(u), nil
	case form.Day:
		return ui.DateField(u), nil
	case form.Money:
		return ui.MoneyField(u), nil
	case form.Number:
		return ui.NumberField(u), nil
	case form.File:
		u.Accept = ".pdf,.docx,.xlsx,.odt,.png,.jpg,.jpeg,.csv,.txt"
		return ui.FileField(u, k), nil
	case form.Tick:
		ticked := u.Value == "true"
		u.Value = "true"
		return ui.Checkbox(u, ticked), nil
	case form.Choice, form.Choices:
		options, err := f.Choose(ctx, rec)
		if err != nil {
			return nil, err
		}
		list := make([]ui.Option, len(options))
		for i, o := range options {
			list[i] = ui.Option{Value: o.Value, Label: optionText(ctx, o), Hint: o.Hint}
		}
		switch {
		case f.Type == form.Choices:
			return ui.Checkboxes(u, list, values), nil
		case len(list) <= 8 && f.Required:
			return ui.Radios(u, list), nil
		}
		return ui.Select(u, lang.T(ctx, "form.choose_none"), list), nil
	}
	return ui.TextField(u), nil
}

func itoa(n int) string { return strconv.Itoa(n) }

// pageNumber gives the page of a list that the address asks for, from 1.
func pageNumber(c *web.Context) int {
	n, err := strconv.Atoi(c.Query("side"))
	if err != nil || n < 1 || n > 400 {
		return 1
	}
	return n
}
