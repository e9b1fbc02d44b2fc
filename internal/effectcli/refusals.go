package effectcli

import (
	"errors"
	"fmt"
	"strings"

	"funn/effect"
	"funn/effect/data"
	"funn/effect/did"
	"funn/effect/linreg"
	"funn/effect/moment"
	"funn/effect/plan"
	"funn/effect/report"
	"funn/effect/source"
)

// told says a refusal in the reader's language. The library's own words, which
// have the figures, are English and stand in brackets after the Norwegian.
type told struct {
	nb  string
	err error
}

func (t *told) Error() string { return t.nb + " (" + t.err.Error() + ")" }
func (t *told) Unwrap() error { return t.err }

// inLanguage returns err as it is to be told.
func inLanguage(l report.Language, err error) error {
	if err == nil || l == report.English {
		return err
	}
	if nb := refusalWords(err); nb != "" {
		return &told{nb, err}
	}
	return err
}

// refusalWords is the reason in Norwegian, or nothing where it is not known.
func refusalWords(err error) string {
	var (
		unknown  *data.UnknownColumnError
		identity *source.IdentityError
		read     *source.ReadError
		kind     *moment.KindError
		infinite *moment.InfiniteError
		weight   *moment.WeightError
		wide     *moment.RangeError
		size     *moment.SizeError
		changed  *moment.ChangedError
		wrong    *plan.Error
		model    *linreg.Refusal
		refusal  *effect.Refusal
	)
	switch {
	case errors.As(err, &wrong):
		return "planen kan ikke brukes slik den står"
	case errors.As(err, &unknown):
		return fmt.Sprintf("kolonnen «%s» finnes ikke i dataene", unknown.Column)
	case errors.As(err, &identity):
		return fmt.Sprintf("kolonnen «%s» ser ut til å inneholde fødselsnumre, første gang i rad %d; bytt dem ut med et pseudonym", identity.Column, identity.Row)
	case errors.As(err, &kind):
		return fmt.Sprintf("kolonnen «%s» har tekst der det trengs tall", kind.Column)
	case errors.As(err, &infinite):
		return fmt.Sprintf("kolonnen «%s» er uendelig i rad %d", infinite.Column, infinite.Row)
	case errors.As(err, &weight):
		return fmt.Sprintf("vekten «%s» er negativ i rad %d", weight.Column, weight.Row)
	case errors.As(err, &wide):
		return fmt.Sprintf("tallene i «%s» er så store at produktene deres ikke kan regnes; bruk en større enhet", wide.Term)
	case errors.As(err, &size):
		return "modellen trenger mer minne enn grensen; ta kategorien med flest nivåer i absorb, eller bruk færre kolonner"
	case errors.As(err, &changed):
		return "dataene endret seg mens de ble lest"
	case errors.As(err, &read):
		return "dataene kunne ikke leses til ende; ingenting er regnet ut"
	case errors.As(err, &model):
		of := ""
		if errors.As(err, &refusal) && refusal.Outcome != "" {
			of = "utfallet " + refusal.Outcome + ": "
		}
		if nb := modelWords(model); nb != "" {
			return of + nb
		}
	}
	if errors.As(err, &refusal) {
		return "dataene passer ikke til planen"
	}
	return ""
}

func modelWords(r *linreg.Refusal) string {
	columns := strings.Join(r.Columns, ", ")
	switch r.Code {
	case linreg.CodeNoRows:
		return "ingen rad har verdi i alle kolonnene som modellen bruker"
	case linreg.CodeFewRows:
		return "det er for få rader til å regne ut modellen"
	case linreg.CodeConstantOutcome:
		return "utfallet varierer ikke"
	case linreg.CodeOneCluster:
		return fmt.Sprintf("alle radene er i samme klynge (%s), så usikkerheten kan ikke regnes ut", columns)
	case linreg.CodeMissingLevel:
		return fmt.Sprintf("ingen rad som brukes, har %s, så det er ingen å sammenlikne", columns)
	case linreg.CodeNotIdentified:
		return fmt.Sprintf("effekten kan ikke skilles fra noe annet i modellen (%s)", columns)
	case linreg.CodeIllConditioned:
		return "kolonnene henger så tett sammen at ingen sifre i svaret ville vært til å stole på"
	case linreg.CodeLeverage:
		return "effekten hviler på en eneste rad eller klynge, så usikkerheten kan ikke regnes ut"
	case linreg.CodeUnsupported:
		return "denne kombinasjonen av estimator, varians og data er ikke mulig"
	case did.CodeNoComparison:
		return "alle enhetene får tiltaket før eller siden, så effekten kan ikke skilles fra periodenes"
	}
	return ""
}
