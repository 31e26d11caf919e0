// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges the certificates of an MX as senders do: by its TLSA records (RFC 7671, RFC 7672) and
 * by the authorities that this host trusts (RFC 8461 4.2).
 */
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lint/certificate.h"

enum { USAGE_TA = 2, USAGE_EE = 3 };
enum { SELECT_ALL, SELECT_KEY };
enum { TYPE_ALL, TYPE_SHA256, TYPE_SHA512 };

/* Whole certificates and keys are kept and compared by their SHA-512. */
static gnutls_digest_algorithm_t digest_of(unsigned int type)
{
	return type == TYPE_SHA256 ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA512;
}

bool tlsa_take(struct zone_tlsa *t, const struct dns_record *r)
{
	unsigned int size;

	if (r->size < 4 || (r->data[0] != USAGE_TA && r->data[0] != USAGE_EE) ||
	    r->data[1] > SELECT_KEY || r->data[2] > TYPE_SHA512)
		return false;
	*t = (struct zone_tlsa){ .usage = r->data[0], .selector = r->data[1], .type = r->data[2] };
	size = gnutls_hash_get_len(digest_of(t->type));
	if (t->type == TYPE_ALL)
		return !gnutls_hash_fast(digest_of(t->type), r->data + 3, r->size - 3, t->digest);
	if (r->size - 3 != size)
		return false;
	memcpy(t->digest, r->data + 3, size);
	return true;
}

/* --- one certificate ---------------------------------------------------------------------- */

static bool read_one(const struct der *der, gnutls_x509_crt_t *crt)
{
	gnutls_datum_t bytes = { der->bytes, der->size };

	if (gnutls_x509_crt_init(crt))
		return false;
	if (!gnutls_x509_crt_import(*crt, &bytes, GNUTLS_X509_FMT_DER))
		return true;
	gnutls_x509_crt_deinit(*crt);
	return false;
}

/* The digest of a certificate's key, as SubjectPublicKeyInfo. */
static bool key_digest(const struct der *der, gnutls_digest_algorithm_t algorithm,
		       unsigned char *digest)
{
	gnutls_datum_t bytes = {};
	gnutls_pubkey_t key;
	gnutls_x509_crt_t crt;
	bool is_done;

	if (!read_one(der, &crt))
		return false;
	if (gnutls_pubkey_init(&key)) {
		gnutls_x509_crt_deinit(crt);
		return false;
	}
	is_done = !gnutls_pubkey_import_x509(key, crt, 0) &&
		  !gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &bytes) &&
		  !gnutls_hash_fast(algorithm, bytes.data, bytes.size, digest);
	gnutls_free(bytes.data);
	gnutls_pubkey_deinit(key);
	gnutls_x509_crt_deinit(crt);
	return is_done;
}

static bool is_of(const struct zone_tlsa *t, const struct der *der)
{
	gnutls_digest_algorithm_t algorithm = digest_of(t->type);
	unsigned char digest[TLSA_DIGEST];
	bool is_done;

	if (t->selector == SELECT_KEY)
		is_done = key_digest(der, algorithm, digest);
	else
		is_done = !gnutls_hash_fast(algorithm, der->bytes, der->size, digest);
	return is_done && !memcmp(digest, t->digest, gnutls_hash_get_len(algorithm));
}

bool certificate_tlsa(const struct certificate *c, char *text, size_t size)
{
	unsigned char digest[TLSA_DIGEST];
	size_t at, i;

	if (!key_digest(&c->chain[0], GNUTLS_DIG_SHA256, digest))
		return false;
	at = snprintf(text, size, "3 1 1 ");
	for (i = 0; i < 32 && at + 3 <= size; i++)
		at += snprintf(text + at, size - at, "%02x", digest[i]);
	return i == 32;
}

/* --- a chain of them ------------------------------------------------------------------------ */

/* Is one of the names that of the certificate? The second may be NULL. */
static bool has_name(gnutls_x509_crt_t crt, const char *name, const char *other)
{
	return gnutls_x509_crt_check_hostname(crt, name) ||
	       (other && gnutls_x509_crt_check_hostname(crt, other));
}

static const char *status_words(unsigned int status)
{
	if (status & GNUTLS_CERT_EXPIRED)
		return "it has expired";
	if (status & GNUTLS_CERT_NOT_ACTIVATED)
		return "it is not valid yet";
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		return "no authority that is trusted has signed it";
	return "its chain of signatures is not valid";
}

/* Verifies the first n certificates with the last of them, or those of this host, trusted. */
static const char *chain_fault(gnutls_x509_crt_t *crt, unsigned int n, bool is_last_trusted)
{
	gnutls_x509_trust_list_t list;
	unsigned int status = GNUTLS_CERT_INVALID;
	int error;

	if (gnutls_x509_trust_list_init(&list, 0))
		return "there is no memory to verify it";
	if (is_last_trusted)
		error = gnutls_x509_trust_list_add_cas(list, &crt[n - 1], 1, 0) != 1;
	else
		error = gnutls_x509_trust_list_add_system_trust(list, 0, 0) <= 0;
	if (!error)
		error = gnutls_x509_trust_list_verify_crt(list, crt, n, 0, &status, NULL);
	/* The certificates are the caller's, also those of the list. */
	gnutls_x509_trust_list_deinit(list, is_last_trusted ? 0 : 1);
	return error ? "this host trusts no authority at all" : status ? status_words(status) : NULL;
}

/* Reads the first n; how many could be. */
static int read_all(const struct certificate *c, int n, gnutls_x509_crt_t crt[CHAIN_MAX])
{
	int i;

	for (i = 0; i < n && read_one(&c->chain[i], &crt[i]); i++)
		;
	return i;
}

static const char *fault_up_to(const struct certificate *c, int n, bool is_last_trusted,
			       const char *other_name)
{
	const char *fault = "it cannot be read";
	gnutls_x509_crt_t crt[CHAIN_MAX];
	int i, have = read_all(c, n, crt);

	if (have == n)
		fault = has_name(crt[0], c->host->name, other_name) ?
				chain_fault(crt, n, is_last_trusted) : "it has another name";
	for (i = 0; i < have; i++)
		gnutls_x509_crt_deinit(crt[i]);
	return fault;
}

const char *certificate_dane_fault(const struct certificate *c, const char *domain)
{
	const char *fault = "none of its TLSA records is of the certificate that it shows", *other;
	const struct zone_tlsa *t;
	int i, k;

	for (i = 0; i < c->host->tlsas; i++) {
		t = &c->host->tlsa_record[i];
		/* Of usage 3 neither names nor dates count (RFC 7671 5.1). */
		if (t->usage == USAGE_EE && is_of(t, &c->chain[0]))
			return NULL;
		for (k = 0; k < c->certificates && t->usage == USAGE_TA; k++) {
			if (!is_of(t, &c->chain[k]))
				continue;
			other = fault_up_to(c, k + 1, true, domain);
			if (!other)
				return NULL;
			fault = other;
		}
	}
	return fault;
}

const char *certificate_sts_fault(const struct certificate *c)
{
	return fault_up_to(c, c->certificates, false, NULL);
}
