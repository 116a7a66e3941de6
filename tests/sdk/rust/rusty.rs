// A plugin in Rust: what leat/plugin.h says, written down again, and no crate. It proves that the ABI is C's alone.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_void};

#[repr(C)]
pub struct leat_note {
    namesz: u32,
    descsz: u32,
    kind: u32,
    owner: [u8; 8],
    abi_major: u16,
    abi_minor: u16,
    min_host_minor: u16,
    pointer_bits: u16,
    name: [u8; 32],
    version: [u8; 32],
    build: [u8; 64],
}

// The text, and zeros behind it.
const fn padded<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let mut i = 0;
    while i < text.len() {
        bytes[i] = text[i];
        i += 1;
    }
    bytes
}

#[used]
#[link_section = ".note.leat"]
static NOTE: leat_note = leat_note {
    namesz: 5,
    descsz: 136,
    kind: 1,
    owner: padded(b"LEAT"),
    abi_major: 1,
    abi_minor: 0,
    min_host_minor: 0,
    pointer_bits: 64,
    name: padded(b"rusty"),
    version: padded(b"1.0.0"),
    build: [0; 64],
};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct leat_str {
    ptr: *const c_char,
    len: usize,
}

#[repr(C)]
pub struct leat_vec {
    kind: u32,
    flags: u32,
    data: *const c_void,
    valid: *const u64,
}

#[repr(C)]
pub struct leat_batch {
    struct_size: u32,
    rows: u32,
    columns: u32,
    reserved: u32,
    cols: *const leat_vec,
    event_time_us: *const i64,
    origin: *const u32,
}

#[repr(C)]
pub struct leat_out {
    struct_size: u32,
    rows: u32,
    kind: u32,
    reserved: u32,
    data: *mut c_void,
    valid: *mut u64,
}

// The members up to the last one that is used here.
#[repr(C)]
pub struct leat_host {
    struct_size: u32,
    abi_major: u16,
    abi_minor: u16,
    add: unsafe extern "C" fn(*mut c_void, *const leat_function) -> i32,
    alloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    fail_row: unsafe extern "C" fn(*mut c_void, u32, i32, leat_str),
}

type Open = unsafe extern "C" fn(*const leat_host, *mut c_void, *mut c_void, leat_str, *mut *mut c_void) -> i32;
type Eval = unsafe extern "C" fn(*mut c_void, *mut c_void, *const leat_batch, *mut leat_out) -> i32;

#[repr(C)]
pub struct leat_function {
    struct_size: u32,
    kind: u32,
    flags: u32,
    state_version: u32,
    name: *const c_char,
    signature: *const c_char,
    doc: *const c_char,
    ops: *const leat_scalar_ops,
    user: *mut c_void,
    open: Option<Open>,
    close: Option<unsafe extern "C" fn(*mut c_void)>,
}
unsafe impl Sync for leat_function {}

#[repr(C)]
pub struct leat_scalar_ops {
    struct_size: u32,
    reserved: u32,
    eval: Eval,
}

const OK: i32 = 0;
const ROWS_FAILED: i32 = 1;
const RETRY: i32 = 2;
const SCALAR: u32 = 1;
const PURE_NULL_PROPAGATES_BATCH_INVARIANT: u32 = 1 | 2 | 16;

// Element `row` of a column. Requires: T is the column's type.
unsafe fn at<T: Copy>(batch: &leat_batch, column: usize, row: u32) -> T {
    let column = &*batch.cols.add(column);
    *(column.data as *const T).add(if column.flags & 1 != 0 { 0 } else { row as usize })
}

unsafe extern "C" fn gcd(host: *mut c_void, call: *mut c_void, batch: *const leat_batch, out: *mut leat_out) -> i32 {
    let (host, batch) = (&*(host as *const leat_host), &*batch);
    let mut status = OK;
    for row in 0..batch.rows {
        let (mut a, mut b): (i64, i64) = (at(batch, 0, row), at(batch, 1, row));
        if a < 0 || b < 0 {
            let text = "`a` and `b` must be 0 or more";
            (host.fail_row)(call, row, 1, leat_str { ptr: text.as_ptr() as *const c_char, len: text.len() });
            status = ROWS_FAILED;
            continue;
        }
        while b != 0 {
            (a, b) = (b, a % b);
        }
        *((*out).data as *mut i64).add(row as usize) = a;
    }
    status
}

unsafe extern "C" fn reversed(host: *mut c_void, call: *mut c_void, batch: *const leat_batch, out: *mut leat_out) -> i32 {
    let (host, batch) = (&*(host as *const leat_host), &*batch);
    for row in 0..batch.rows {
        let text: leat_str = at(batch, 0, row);
        let slot = ((*out).data as *mut leat_str).add(row as usize);
        if text.len == 0 {
            *slot = leat_str { ptr: std::ptr::null(), len: 0 };
            continue;
        }
        let bytes = std::slice::from_raw_parts(text.ptr as *const u8, text.len);
        let turned: String = std::str::from_utf8_unchecked(bytes).chars().rev().collect();
        let copy = (host.alloc)(call, text.len, 1) as *mut u8;
        if copy.is_null() {
            return RETRY;
        }
        std::ptr::copy_nonoverlapping(turned.as_ptr(), copy, turned.len());
        *slot = leat_str { ptr: copy as *const c_char, len: turned.len() };
    }
    OK
}

unsafe extern "C" fn keep_host(
    host: *const leat_host,
    _call: *mut c_void,
    _user: *mut c_void,
    _with: leat_str,
    instance: *mut *mut c_void,
) -> i32 {
    *instance = host as *mut c_void;
    OK
}

const fn scalar(name: &'static [u8], signature: &'static [u8], ops: &'static leat_scalar_ops) -> leat_function {
    leat_function {
        struct_size: std::mem::size_of::<leat_function>() as u32,
        kind: SCALAR,
        flags: PURE_NULL_PROPAGATES_BATCH_INVARIANT,
        state_version: 0,
        name: name.as_ptr() as *const c_char,
        signature: signature.as_ptr() as *const c_char,
        doc: std::ptr::null(),
        ops,
        user: std::ptr::null_mut(),
        open: Some(keep_host),
        close: None,
    }
}

static GCD_OPS: leat_scalar_ops = leat_scalar_ops { struct_size: 16, reserved: 0, eval: gcd };
static REVERSED_OPS: leat_scalar_ops = leat_scalar_ops { struct_size: 16, reserved: 0, eval: reversed };
static FUNCTIONS: [leat_function; 2] = [
    scalar(b"gcd\0", b"(a: int, b: int) -> int?\0", &GCD_OPS),
    scalar(b"reversed\0", b"(text: string) -> string?\0", &REVERSED_OPS),
];

/// # Safety
/// Called by leat, once per loaded version.
#[no_mangle]
pub unsafe extern "C" fn leat_plugin_init(host: *const leat_host, registry: *mut c_void) -> i32 {
    for function in &FUNCTIONS {
        let status = ((*host).add)(registry, function);
        if status != OK {
            return status;
        }
    }
    OK
}
