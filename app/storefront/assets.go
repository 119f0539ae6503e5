package storefront

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
)

//go:embed assets
var assetFiles embed.FS

// assets are the stylesheet and the scripts, under names that change with their
// content, so that browsers keep them for good.
type assets struct {
	stylesheet, script string // addresses
	passkeys           string // of the script of pages with a passkey
	favicon            []byte
	byName             map[string]asset
}

type asset struct {
	contentType   string
	plain, zipped []byte
}

const forGood = "public, max-age=31536000, immutable"

func loadAssets() *assets {
	a := &assets{byName: map[string]asset{}, favicon: embedded("favicon.svg")}
	a.stylesheet = a.add("galleria", ".css", "text/css; charset=utf-8")
	a.script = a.add("galleria", ".js", "text/javascript; charset=utf-8")
	a.passkeys = a.put("passkeys", ".js", "text/javascript; charset=utf-8", edge.PasskeyScript)
	return a
}

func (a *assets) add(name, extension, contentType string) string {
	return a.put(name, extension, contentType, embedded(name+extension))
}

func (a *assets) put(name, extension, contentType string, body []byte) string {
	sum := sha256.Sum256(body)
	hashed := name + "." + hex.EncodeToString(sum[:8]) + extension
	a.byName[hashed] = asset{contentType: contentType, plain: body, zipped: zip(body)}
	return "/assets/" + hashed
}

func embedded(name string) []byte {
	body, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return body
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	// Writing to a bytes.Buffer cannot fail.
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

func (s *Storefront) asset(c echo.Context) error {
	a, ok := s.assets.byName[c.Param("name")]
	if !ok {
		return echo.ErrNotFound
	}
	body, h := a.plain, c.Response().Header()
	h.Set("Vary", "Accept-Encoding")
	if takesGzip(c.Request()) {
		body = a.zipped
		h.Set("Content-Encoding", "gzip")
	}
	return file(c, a.contentType, forGood, body)
}

func (s *Storefront) favicon(c echo.Context) error {
	return file(c, "image/svg+xml", "public, max-age=86400", s.assets.favicon)
}

// file writes bytes that are the same for everybody.
func file(c echo.Context, contentType, caching string, body []byte) error {
	h := c.Response().Header()
	h.Set("Cache-Control", caching)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, contentType, body)
}
