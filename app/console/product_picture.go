package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/proto"

	"galleria/app/auditlog"
	"galleria/app/pictures"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

// pictureLimit is what a form with a picture may have: what app/pictures takes, and the
// form around it.
const pictureLimit = 33 << 20

// longLimit is what forms may have that are longer than others: of products with the most
// variants, of the texts that the law wants, of delivery and taxes.
const longLimit = 1 << 20

// limitOf is how large the body of a request may be.
func limitOf(path string) int64 {
	switch {
	case isUpload(path):
		return pictureLimit
	case strings.HasPrefix(path, "/console/products/"), strings.HasPrefix(path, settingsPath+"/"):
		return longLimit
	}
	return formLimit
}

// isUpload tells whether the form sent there may have a file in it, which its handler
// reads by itself.
func isUpload(path string) bool {
	return path == logoPath || strings.HasPrefix(path, "/console/products/") && strings.HasSuffix(path, "/pictures")
}

const (
	// uploadTimeout bounds how long a picture may take to be sent: the largest takes it at
	// 1.5 Mbit/s, and a photo of 12 MB takes 12 seconds at 8 Mbit/s. Together with what follows
	// it is shorter than a statement of who sends it holds.
	uploadTimeout = 3 * time.Minute
	// pictureTimeout bounds how long the sizes of a picture are made.
	pictureTimeout = 30 * time.Second
	// answerTimeout is how long making and reading the answer may take after that, as of every page.
	answerTimeout = time.Minute
)

// addPicture adds a picture to a product. It is stored under a name made of its content, so
// that it replaces no picture of another product, and sent twice is one picture.
func (c *Console) addPicture(ctx echo.Context) error {
	data, err := fileOf(ctx)
	if err != nil {
		return err
	}
	if _, err := readForm(ctx); err != nil {
		return err
	}
	work, done := c.working(ctx) // after the file has come, which may take longer than a page
	defer done()
	p, err := c.productOf(work, ctx.Param("id"))
	if err != nil {
		return err
	}
	refuse := func(words string) error {
		return c.showProduct(ctx, http.StatusConflict, p, productValues(p), p.GetVersion(), "The picture was not added: "+words, "", nil)
	}
	if len(data) == 0 {
		return refuse("choose a file.")
	}
	if len(p.GetPictures()) >= mostPictures {
		return refuse("a product has up to 10 pictures; take one out first.")
	}
	// Who may not change products stores no pictures: the catalog is asked before.
	if err := c.writeProduct(work, p, p.GetVersion()); err != nil {
		if words, refused := refusal(err); refused {
			return refuse(words)
		}
		return err
	}
	sum := sha256.Sum256(data)
	name := p.GetSlug()[:min(len(p.GetSlug()), 80)] + "-" + hex.EncodeToString(sum[:6]) + ".jpg"
	storing, stored := context.WithTimeout(ctx.Request().Context(), pictureTimeout)
	defer stored()
	if _, err := c.Pictures.Add(storing, name, data); err != nil {
		if refused := new(pictures.RefusedError); errors.As(err, &refused) {
			return refuse(refused.Reason + ".")
		}
		return err
	}
	work, done = c.working(ctx) // making the sizes may have taken longer than a page
	defer done()
	after := proto.CloneOf(p)
	at := slices.IndexFunc(after.GetPictures(), func(one *catalogv1.Picture) bool { return one.GetName() == name })
	if at < 0 {
		at = len(after.GetPictures())
		after.Pictures = append(after.Pictures, &catalogv1.Picture{Name: name})
	}
	if alt := strings.TrimSpace(ctx.Request().FormValue("alt")); alt != "" {
		after.Pictures[at].Alt = alt
	}
	if ctx.Request().FormValue("first") != "" {
		one := after.Pictures[at]
		after.Pictures = slices.Insert(slices.Delete(after.Pictures, at, at+1), 0, one)
	}
	err = c.writeProduct(work, after, p.GetVersion())
	if contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE) {
		return refuse("another person changed the product meanwhile; add it again.")
	}
	if words, refused := refusal(err); refused {
		return refuse(words)
	}
	if err != nil {
		return err
	}
	from, to := difference(p, after)
	c.note(ctx, auditlog.Entry{Action: "added a picture to", Thing: "product " + p.GetSlug(), From: from, To: to})
	return ctx.Redirect(http.StatusSeeOther, productLink(p.GetId())+"?done=picture")
}

// fileOf reads the file of a form; nil: none was chosen. The form is bounded by around. The
// connection gets longer than the server gives others, so only handlers that let in staff
// alone may call it.
func fileOf(ctx echo.Context) ([]byte, error) {
	r, control := ctx.Request(), http.NewResponseController(ctx.Response())
	sent := time.Now().Add(uploadTimeout)
	answered := sent.Add(answerTimeout)
	if err := errors.Join(control.SetReadDeadline(sent), control.SetWriteDeadline(answered)); err != nil {
		return nil, err
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		var big *http.MaxBytesError
		switch {
		case errors.As(err, &big):
			return nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge, "This picture is too large: up to 32 MiB are taken.")
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, echo.NewHTTPError(http.StatusRequestTimeout, "The picture did not come within 3 minutes. Send a smaller one, or try again.")
		}
		return nil, echo.NewHTTPError(http.StatusBadRequest, "This form could not be read.")
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	// From here on the server reads to see the client leave, and takes the end of the time for
	// that.
	if err := control.SetReadDeadline(answered); err != nil {
		return nil, err
	}
	file, _, err := r.FormFile("picture")
	if errors.Is(err, http.ErrMissingFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
