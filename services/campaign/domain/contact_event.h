// What topic contact says of a contact's record.
#pragma once

#include "absl/strings/string_view.h"

namespace dangol::event::v1 {
class ContactEvent;
}

namespace dangol::campaign {

namespace v1 {
class ContactRecord;
}

// All but the status, which depends on why it is told, and the business unit, which the record does
// not have.
event::v1::ContactEvent ContactEventOf(absl::string_view contact_id,
                                       const v1::ContactRecord& record);

}  // namespace dangol::campaign
