package ui

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// Icon is the name of a picture from Nav's icon set, such as "Gavel". The ones
// that exist are those in the folder vendored/icons.
type Icon string

// The icons of the thread, from need to effect.
const (
	IconNeed        Icon = "QuestionmarkCircle"
	IconCall        Icon = "Megaphone"
	IconCommission  Icon = "Handshake"
	IconAnalysis    Icon = "BarChart"
	IconSynthesis   Icon = "Layers"
	IconPartnership Icon = "PersonGroup"
	IconPhD         Icon = "HatSchool"
	IconTrial       Icon = "TestFlask"
	IconProject     Icon = "Folder"
	IconPublication Icon = "OpenBook"
	IconFinding     Icon = "LightBulb"
	IconDecision    Icon = "Gavel"
	IconAction      Icon = "Wrench"
	IconEffect      Icon = "TrendUp"
	IconDocument    Icon = "FileText"
	IconDeadline    Icon = "Clock"
	IconCalendar    Icon = "Calendar"
	IconPerson      Icon = "Person"
	IconPlan        Icon = "Compass"
	IconMoney       Icon = "SackKroner"
	IconOutreach    Icon = "MegaphoneSpeaking"
)

var icons = sync.OnceValue(func() map[Icon]string {
	entries, err := files.ReadDir("vendored/icons")
	if err != nil {
		panic(err) // embedded
	}
	out := make(map[Icon]string, len(entries))
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
		out[Icon(name)] = string(read("vendored/icons/" + e.Name()))
	}
	return out
})

// svg draws an icon. It is decoration: hidden from assistive technology, and
// never the only bearer of a meaning. The empty name draws nothing; an unknown
// one is an error, so that a test of the page finds it.
func svg(name Icon) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if name == "" {
			return nil
		}
		s, ok := icons()[name]
		if !ok {
			return fmt.Errorf("draw icon %q: not in vendored/icons", name)
		}
		_, err := io.WriteString(w, s)
		return err
	})
}
