use apis_protocol::http::*; use apis_protocol::*; fn cpu()->f64{let s=std::fs::read_to_string("/proc/self/schedstat").unwrap(); s.split(" ").next().unwrap().parse::<f64>().unwrap()/1e9}
fn main(){
 let key=SecretKey::from_seed(&[1;32]); let body=vec![b'x';765];
 let digest=content_digest(Sha256Digest::of(&body)); let len=body.len().to_string();
 let mut fields:Vec<(&str,&[u8])>=vec![("host",b"192.168.1.20:7443"),("content-type",b"application/json"),("content-length",len.as_bytes()),("content-digest",digest.as_bytes())];
 let now=1786700467250i64;
 let s={let v=RequestView{method:"POST",authority:"192.168.1.20:7443",path:"/api/v1/unit/heartbeat",query:None,fields:&fields};
 let t=cpu(); for _ in 0..5000{ let _=sign(&v,&SigningTerms::at(now,Nonce::from_random(&[3;16])),&key).unwrap();} println!("sign µs {:.1}",(cpu()-t)*1e6/5000.0);
 sign(&v,&SigningTerms::at(now,Nonce::from_random(&[3;16])),&key).unwrap()};
 fields.push(("signature-input",s.signature_input.as_bytes())); fields.push(("signature",s.signature.as_bytes()));
 let v=RequestView{method:"POST",authority:"192.168.1.20:7443",path:"/api/v1/unit/heartbeat",query:None,fields:&fields};
 let nk=NonceKey::from_bytes([1;32]); let auth=vec!["192.168.1.20:7443".to_string()]; let p=Policy{authorities:&auth,nonce_key:&nk};
 let mut best=[f64::MAX;3];
 for _ in 0..20 {
 let t=cpu(); for _ in 0..1000{ let _=Presented::read(&v,&p,now).unwrap();} best[0]=best[0].min((cpu()-t)*1e6/1000.0);
 let pk=key.public(); let t=cpu(); for _ in 0..1000{ let _=Presented::read(&v,&p,now).unwrap().verify(pk).unwrap();} best[1]=best[1].min((cpu()-t)*1e6/1000.0);
 let t=cpu(); for _ in 0..1000{ std::hint::black_box(Sha256Digest::of(&body));} best[2]=best[2].min((cpu()-t)*1e6/1000.0);}
 println!("read µs {:.1} read+verify µs {:.1} digest765 µs {:.2}",best[0],best[1],best[2]);
 let head:usize=fields.iter().map(|(n,v)|n.len()+v.len()+4).sum::<usize>()+"POST /api/v1/unit/heartbeat HTTP/1.1\r\n\r\n".len(); println!("head bytes {head}");
}
